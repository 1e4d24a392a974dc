"""What other systems tell us by themselves, checked and read before anything believes it; the HTTP intake mounts these."""

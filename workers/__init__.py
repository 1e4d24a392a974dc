"""Who carries it out: the processes that run orders, and the server they run on."""

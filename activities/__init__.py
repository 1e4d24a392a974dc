"""What we do to the world: one input, one result, one transaction each; a repeat does nothing and answers the same."""

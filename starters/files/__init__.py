"""Files that people make: tables and typed orders come in, lists go out."""

"""ASC X12: the documents of partners in North America."""

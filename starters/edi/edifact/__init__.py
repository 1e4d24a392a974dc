"""UN/EDIFACT: the documents of partners elsewhere."""

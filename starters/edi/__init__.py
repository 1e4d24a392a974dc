"""EDI: interchanges of trading partners are opened, answered set by set, and written."""

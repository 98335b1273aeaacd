"""Links for people without a login: made here, shown here."""

"""What tokens cost, by day, week, month, session and block of five hours."""

"""What measures leakscan and makes the tables it ships; no part of the package that is installed."""

"""What came out: the figures with targets, tables for terminal and README, and the chart."""

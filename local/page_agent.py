"""The name by which the API of this machine knows requests of the activity page.

The page looks for news every two seconds: a line for each would hide all others in the terminal.
"""

NAME = "activity-page"
"""The `User-Agent` of what the simulator hands on for the page."""

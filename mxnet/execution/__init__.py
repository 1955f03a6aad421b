"""Programs: graphs lowered to planned, bound torch calls, and the loop that runs them."""

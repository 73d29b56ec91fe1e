"""The steps of the options and subentry flows, and what their forms share."""

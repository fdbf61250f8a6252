"""Questions that staff put together themselves: what is counted, over which events, by what."""

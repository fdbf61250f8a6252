"""Plans of the association: measures, deliverables, and the events that are evidence."""

"""An event's life: draft, published, cancelled; its programme, themes and action lines."""

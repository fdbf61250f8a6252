"""Registration by invitation."""

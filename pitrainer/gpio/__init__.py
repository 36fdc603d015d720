"""The pins: buttons, buzzer and light."""

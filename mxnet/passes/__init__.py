"""Passes: functions from graphs to graphs, or from graphs to facts about them; a file each."""

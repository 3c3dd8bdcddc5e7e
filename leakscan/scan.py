from leakscan.corridor import scan, scan_text, scan_targets

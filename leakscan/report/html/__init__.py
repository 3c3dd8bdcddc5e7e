"""The HTML report: one file that an auditor hands to a manager.

``write.py`` fills the template ``report.html.jinja`` from the views in ``cards.py`` (one finding),
``actions.py`` (who must do what) and ``pictures.py`` (bars and columns).
"""

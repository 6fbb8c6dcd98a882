"""The page that a browser gets at `/`, and its icon. Any other client gets the service's answer."""

from mock_server.page.app import ICONS, ROOT, page_app, wants_page

__all__ = ["ICONS", "ROOT", "page_app", "wants_page"]

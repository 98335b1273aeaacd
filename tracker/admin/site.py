"""The admin's name, and where its links lead. Its look: templates/admin."""

from __future__ import annotations

from django.contrib import admin

admin.site.site_header = "Token Budget"
admin.site.site_title = "Token Budget admin"
admin.site.index_title = "Admin"
admin.site.site_url = "/"
admin.site.empty_value_display = "–"

from __future__ import annotations

from django.urls import path

from reports import drill_down
from reports.exports import views as export_views
from reports.views import now

app_name = "reports"
urlpatterns = [
    path("", now.overview, name="overview"),
    path("wallboard/", now.wallboard, name="wallboard"),
    path("promises/", now.promises, name="promises"),
    path("exports/", export_views.index, name="export_list"),
    path("exports/create/", export_views.create, name="export_create"),
    path("exports/<int:pk>/", export_views.show, name="export"),
    path("exports/<int:pk>/cancel/", export_views.cancel, name="export_cancel"),
    path("exports/<int:pk>/download/", export_views.download, name="export_download"),
    path("tickets/", drill_down.behind, name="behind"),
    path("definitions/", drill_down.definitions, name="definitions"),
]

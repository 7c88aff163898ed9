from __future__ import annotations

from django.urls import path

from reports import drill_down
from reports.exports import views as export_views
from reports.saved import views as saved_views
from reports.views import arrivals, customers, now, people, promises, quality, times

app_name = "reports"
urlpatterns = [
    path("", now.overview, name="overview"),
    path("wallboard/", now.wallboard, name="wallboard"),
    path("promises/", promises.promises, name="promises"),
    path("times/", times.times, name="times"),
    path("arrivals/", arrivals.arrivals, name="arrivals"),
    path("arrivals/open/", arrivals.backlog, name="backlog"),
    path("quality/", quality.quality, name="quality"),
    path("customers/", customers.customers, name="customers"),
    path("people/", people.people, name="people"),
    path("saved/", saved_views.index, name="saved"),
    path("saved/new/", saved_views.new, name="saved_new"),
    path("saved/create/", saved_views.create, name="saved_create"),
    path("saved/<int:pk>/", saved_views.edit, name="saved_edit"),
    path("saved/<int:pk>/update/", saved_views.update, name="saved_update"),
    path("saved/<int:pk>/delete/", saved_views.delete, name="saved_delete"),
    path("saved/<int:pk>/run/", saved_views.run, name="saved_run"),
    path("exports/", export_views.index, name="export_list"),
    path("exports/create/", export_views.create, name="export_create"),
    path("exports/<int:pk>/", export_views.show, name="export"),
    path("exports/<int:pk>/cancel/", export_views.cancel, name="export_cancel"),
    path("exports/<int:pk>/download/", export_views.download, name="export_download"),
    path("tickets/", drill_down.behind, name="behind"),
    path("definitions/", drill_down.definitions, name="definitions"),
]

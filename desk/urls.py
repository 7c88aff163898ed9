from __future__ import annotations

from django.urls import path

from desk.settings import views as settings
from desk.views import (
    bulk,
    customers,
    files,
    merging,
    notifications,
    preferences,
    queue,
    saved_views,
    search,
    tickets,
    times,
)

app_name = "desk"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("next/", queue.next_ticket, name="next_ticket"),
    path("search/", search.search, name="search"),
    path("bulk/", bulk.new, name="bulk_new"),
    path("bulk/create/", bulk.create, name="bulk_create"),
    path("bulk/<int:pk>/", bulk.show, name="bulk_change"),
    path("bulk/<int:pk>/undo/", bulk.undo, name="bulk_undo"),
    path("views/", saved_views.index, name="view_list"),
    path("views/create/", saved_views.create, name="view_create"),
    path("views/<int:pk>/update/", saved_views.update, name="view_update"),
    path("views/<int:pk>/deletion/", saved_views.delete, name="view_delete"),
    path("views/<int:pk>/order/", saved_views.move, name="view_order"),
    path("views/<int:pk>/default/", saved_views.choose_default, name="view_default"),
    path("tickets/<str:number>/", tickets.show, name="ticket"),
    path("tickets/<str:number>/replies/", tickets.create_reply, name="reply_create"),
    path("tickets/<str:number>/draft/", tickets.save_draft, name="draft_save"),
    path("tickets/<str:number>/notes/", tickets.create_note, name="note_create"),
    path("tickets/<str:number>/assignment/", tickets.create_assignment, name="assignment_create"),
    path("tickets/<str:number>/solution/", tickets.create_solution, name="solution_create"),
    path("tickets/<str:number>/reopening/", tickets.create_reopening, name="reopening_create"),
    path("tickets/<str:number>/status/", tickets.create_status, name="status_create"),
    path("tickets/<str:number>/priority/", tickets.create_priority, name="priority_create"),
    path("tickets/<str:number>/tags/", tickets.create_tags, name="tags_create"),
    path("tickets/<str:number>/merge/", merging.new, name="merge"),
    path("tickets/<str:number>/merge/create/", merging.create, name="merge_create"),
    path(
        "tickets/<str:number>/merges/<int:pk>/separation/",
        merging.create_separation,
        name="separation_create",
    ),
    path("customers/<int:pk>/", customers.show, name="customer"),
    path("files/<uuid:public_id>/", files.download, name="attachment"),
    path("notifications/", notifications.index, name="notification_list"),
    path("notifications/read/", notifications.mark_read, name="notifications_read"),
    path("preferences/", preferences.update, name="preferences"),
    path("settings/", settings.overview, name="settings"),
    path("settings/policies/new/", settings.new_policy, name="settings_policy_new"),
    path("settings/policies/create/", settings.create_policy, name="settings_policy_create"),
    path("settings/policies/order/", settings.update_order, name="settings_policy_order"),
    path("settings/policies/<int:pk>/", settings.show_policy, name="settings_policy"),
    path(
        "settings/policies/<int:pk>/update/", settings.update_policy, name="settings_policy_update"
    ),
    path("settings/calendars/new/", settings.new_calendar, name="settings_calendar_new"),
    path("settings/calendars/create/", settings.create_calendar, name="settings_calendar_create"),
    path("settings/calendars/<int:pk>/", settings.show_calendar, name="settings_calendar"),
    path(
        "settings/calendars/<int:pk>/update/",
        settings.update_calendar,
        name="settings_calendar_update",
    ),
    path("tickets/<str:number>/times/", times.show, name="ticket_times"),
    path("styleguide/", preferences.styleguide, name="styleguide"),
]

"""Where the shop answers, and below /desk its desk."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from shop import support, views

urlpatterns = [
    path("", views.shop, name="shop"),
    path("home", views.home, name="home"),
    path("login", LoginView.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("member-token", support.fresh_token),
    path("desk/<path:rest>", support.door),
]

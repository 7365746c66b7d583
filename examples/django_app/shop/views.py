"""The pages of the shop."""

from django.shortcuts import redirect, render


def shop(request):
    return render(request, "shop.html")


def home(request):
    """Where somebody goes who has signed in: those who answer customers, to their workspace."""
    return redirect("/desk/shop/workspace" if request.user.is_staff else "shop")

// The button that opens the widget: shown only where there is one. Without this script every page works all the same.

const box = document.querySelector("[data-needs=widget]");

if (box) {
  const show = () => {
    if (!window.cschat?.open) return false;
    box.hidden = false;
    box.querySelector("[data-opens=widget]").addEventListener("click", () => window.cschat.open());
    return true;
  };
  if (!show()) document.querySelector("script[src*='/widget.js']")?.addEventListener("load", show);
}

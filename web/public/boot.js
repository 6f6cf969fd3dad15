// Runs before the first paint, so that nobody who chose a theme or a language sees the other one flash by.
(function () {
  try {
    var theme = localStorage.getItem('holdfast.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    var locale = localStorage.getItem('holdfast.locale');
    if (locale) document.documentElement.lang = locale;
  } catch (error) {
    // storage is blocked: the system's theme and language stay
    console.warn(error);
  }
})();

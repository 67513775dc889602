// Tells the sign-up form which time zone this browser is in; it can be changed under Account.
(() => {
  const field = document.getElementById("timezone");
  if (field) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || ""; // no form for who is signed in
})();

// Tells the sign-up form which time zone this browser is in; it can be changed under Account.
document.getElementById("timezone").value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";

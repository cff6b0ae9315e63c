/* Copy the SQL; where the page is not served over https or from this machine, by way of a text field. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.rules = {
  copy: async function (clicks, text) {
    const label = (words) => window.dash_clientside.set_props("rules-sql-copy", { children: words });
    try {
      if (navigator.clipboard) {
        await navigator.clipboard.writeText(text);
      } else {
        const field = document.createElement("textarea");
        field.value = text;
        document.body.append(field);
        field.select();
        document.execCommand("copy");
        field.remove();
      }
    } catch {
      return "Not allowed here";
    }
    setTimeout(() => label("Copy"), 2500);
    return "Copied";
  },
};

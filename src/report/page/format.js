/* Numbers for a person, and elements. */

function formatTime(us) {
  if (us < 1000)
    return us + " us";
  if (us < 1e6)
    return (us / 1000).toPrecision(3).replace(/\.?0+$/, match => match.includes(".") ? "" : match) + " ms";
  if (us < 60e6)
    return (us / 1e6).toFixed(us < 10e6 ? 2 : 1) + " s";
  const seconds = Math.floor(us / 1e6);
  const two = number => String(number).padStart(2, "0");
  if (seconds < 3600)
    return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  if (seconds < 86400)
    return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds / 3600) % 24} h`;
}

function formatCount(number) {
  return Math.round(number).toLocaleString("en");
}

function formatBytes(bytes) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; bytes >= 1024 && unit + 1 < units.length; unit++)
    bytes /= 1024;
  return `${unit && bytes < 100 ? bytes.toFixed(1) : Math.round(bytes)} ${units[unit]}`;
}

/* What others wrote gets in as text alone: CHILDREN are elements or texts, and no attribute is HTML. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on"))
      made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null)
      made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

function stateElement(state) {
  return element("span", { class: "state s" + state }, STATES[state]);
}

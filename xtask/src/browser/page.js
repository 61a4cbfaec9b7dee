// Looks at the page of a run or a plan as it is shown now, and answers with complaints.
(() => {
  const complaints = new Set();
  const say = (holds, words) => holds || complaints.add(words);
  const style = (element) => getComputedStyle(element);
  const print = matchMedia("print").matches;

  // What guests wrote stayed text, and nothing is fetched.
  say(window.stolen === undefined, "a guest's script ran");
  // Only what can be zoomed needs one.
  const scripts = document.querySelector("svg.time") ? 1 : 0;
  say(document.scripts.length <= Math.max(scripts, 1), `${document.scripts.length} scripts instead of ${scripts}`);
  const foreign = document.querySelector("img, link, iframe, object, embed, form, input, image, use, foreignObject");
  say(!foreign, `there is a ${foreign?.tagName}`);
  say(performance.getEntriesByType("resource").length === 0, "something was fetched");
  for (const element of document.querySelectorAll("*")) {
    for (const { name } of element.attributes) {
      say(!name.startsWith("on"), `${element.tagName} has ${name}`);
      say(name !== "style" || element.closest(".ruler"), `${element.tagName} has a style of its own`);
    }
  }

  // Nothing is wider than the window.
  const width = document.documentElement.scrollWidth;
  const widest = () => {
    const right = (element) => element.getBoundingClientRect().right;
    const inScroll = (element) => element.parentElement?.closest(".scroll") && !print;
    const outside = [...document.body.querySelectorAll("*")].filter((element) => right(element) > innerWidth);
    const { tagName, className } = outside.filter((element) => !inScroll(element)).pop() ?? {};
    return `${tagName} ${className?.baseVal ?? className}`;
  };
  say(width <= innerWidth, `${width} pixels wide in a window of ${innerWidth}: ${widest()}`);

  // Pictures have words and a size; tables have headings; ids are there once.
  for (const picture of document.querySelectorAll("svg[role=img]")) {
    const named = picture.getAttribute("aria-labelledby")?.split(" ").map((id) => document.getElementById(id));
    const words = named ?? [picture.querySelector("title")];
    say(words.length && words.every((it) => it?.textContent.trim()), `a picture without words: ${picture.className.baseVal}`);
    if (picture.checkVisibility({ contentVisibilityAuto: true })) {
      say(picture.getBoundingClientRect().width > 100, "a picture less than 100 pixels wide");
    }
  }
  for (const table of document.querySelectorAll("table")) {
    say(table.querySelector("thead th[scope=col]"), "a table without headings");
  }
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  say(new Set(ids).size === ids.length, "an id is there twice");

  // Words can be read: WCAG 2, contrast of at least 4.5.
  const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(style(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const shown = element.closest("script, title, desc, .ruler") === null && element.checkVisibility();
    if (!shown || !texts.currentNode.textContent.trim()) continue;
    const ink = channels(element instanceof SVGElement ? style(element).fill : style(element).color);
    const [light, dark] = [luminance(ink), luminance(ground(element))].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    say(contrast >= 4.5, `contrast of ${contrast.toFixed(1)}: ${element.className || element.tagName}`);
  }

  // Light is light, dark is dark, and paper is white.
  const dark = !print && matchMedia("(prefers-color-scheme: dark)").matches;
  const bright = luminance(channels(style(document.body).backgroundColor));
  say(dark ? bright < 0.05 : bright > 0.9, `${dark ? "dark" : "light"}, but the ground has a luminance of ${bright}`);
  return [...complaints];
})()

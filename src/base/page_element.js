/* The maker of elements of all pages. Text is only ever set as text. */

const element = (tag, attributes, children) => {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {}))
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : String(value));
  if (children) made.append(...children);
  return made;
};

// Shows the functions whose text holds every word that is typed. Without this script the page shows them all.
const field = document.querySelector('#search');
const found = document.querySelector('#found');
const functions = [...document.querySelectorAll('[data-function]')];
const areaOf = (each) => each.closest('[data-group]').firstElementChild.textContent;
const texts = new Map(functions.map((each) => [each, `${areaOf(each)} ${each.textContent}`.toLowerCase()]));

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = new Set();
  for (const each of functions) {
    each.hidden = !words.every((word) => texts.get(each).includes(word));
    if (!each.hidden) shown.add(each.id);
  }
  for (const link of document.querySelectorAll('nav [data-to]')) link.hidden = !shown.has(link.dataset.to);
  for (const group of document.querySelectorAll('[data-group]')) {
    group.hidden = !group.querySelector('[data-function]:not([hidden]), [data-to]:not([hidden])');
  }
  found.textContent = words.length === 0 ? '' : `${shown.size} of ${functions.length} functions`;
}

field.closest('form').addEventListener('submit', (event) => event.preventDefault());
field.addEventListener('input', search);
search();

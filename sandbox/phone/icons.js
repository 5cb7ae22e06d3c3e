/** Line icons drawn for this page, 24 × 24. */
const line = (path) =>
  `<svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${path}</svg>`;

export const icons = {
  back: line('<path d="M15 5l-7 7 7 7"/>'),
  close: line('<path d="M6 6l12 12M18 6L6 18"/>'),
  reload: line('<path d="M19 12a7 7 0 1 1-2.1-5M19 4v4h-4"/>'),
  trash: line('<path d="M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12M10.5 11v5M13.5 11v5"/>'),
  chat: line(
    '<path d="M4 6.5A1.5 1.5 0 0 1 5.500 5h13A1.500 1.500 0 0 1 20 6.500v8a1.500 1.500 0 0 1-1.500 1.500H11l-4.500 3.500V16h-1A1.500 1.500 0 0 1 4 14.500z"/>',
  ),
  qr: line('<path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 14h2M14 18v2M17 17h3v3h-3z"/>'),
  person: line(
    '<circle cx="12" cy="8.500" r="3.800"/><path d="M4.500 20c1-4 4-5.500 7.500-5.500s6.500 1.500 7.500 5.500"/>',
  ),
  bell: line('<path d="M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 1.500h-15zM10 20.500h4"/>'),
  bellOff: line(
    '<path d="M6 16.500V11c0-1 .300-2 .700-2.800M9 5.800A6 6 0 0 1 18 11v4M18 18H4.500L6 16.500M10 20.500h4M4 4l16 16"/>',
  ),
  moments: line('<circle cx="12" cy="12" r="8"/><path d="M12 4l3 6M20 12l-6 3M12 20l-3-6M4 12l6-3"/>'),
  shop: line('<path d="M5 9h14l-1 11H6zM9 9V7a3 3 0 0 1 6 0v2"/>'),
  heart: line(
    '<path d="M12 19.500S4.500 15 4.500 9.500A3.800 3.800 0 0 1 12 8a3.800 3.800 0 0 1 7.500 1.500C19.500 15 12 19.500 12 19.500z"/>',
  ),
  group: line(
    '<circle cx="9" cy="9" r="3"/><path d="M3.500 18c.700-3 2.800-4.200 5.500-4.200s4.800 1.200 5.500 4.200M15 6.300a3 3 0 0 1 0 5.400M17 14.200c1.900.500 3 1.700 3.500 3.800"/>',
  ),
  file: line('<path d="M7 3.500h7l4 4V20.500H7zM14 3.500v4h4"/>'),
  mini: line(
    '<circle cx="12" cy="12" r="8"/><path d="M9.500 14.500c0 1.400-2.500 1.200-2.500-.500s2.500-1.500 2.500-3.500 3-3.500 4.500-2.500.500 3-1 3-1.500 5-3.500 3.500"/>',
  ),
  link: line(
    '<path d="M10 14a4 4 0 0 0 5.700 0l3-3a4 4 0 0 0-5.700-5.700l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1"/>',
  ),
  status:
    '<svg viewBox="0 0 54 12" width="54" height="12" fill="currentColor" aria-hidden="true"><rect x="0" y="8" width="3" height="4" rx="1"/><rect x="5" y="5" width="3" height="7" rx="1"/><rect x="10" y="2" width="3" height="10" rx="1"/><path d="M24 3.200a9 9 0 0 1 6 2.300l-1.300 1.400a7 7 0 0 0-9.400 0L18 5.500a9 9 0 0 1 6-2.300zm0 4a5 5 0 0 1 3.300 1.300L24 12l-3.300-3.500A5 5 0 0 1 24 7.200z"/><rect x="35.500" y="1.500" width="15" height="9" rx="2.500" fill="none" stroke="currentColor"/><rect x="37.500" y="3.500" width="9" height="5" rx="1"/><rect x="51.500" y="4.500" width="1.500" height="3" rx=".7"/></svg>',
};

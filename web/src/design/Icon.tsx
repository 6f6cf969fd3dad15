/** The outlines of every icon, on a 24-unit grid. Drawn for Holdfast, so that nothing is fetched or licensed. */
const outlines = {
  home: 'M4 11l8-7 8 7v9h-5v-6H9v6H4z',
  deal: 'M3 8h18v12H3zM8 8V5h8v3M3 13h18M12 12v2',
  account: 'M5 21V4h9v17M14 9h5v12M3 21h18M8 8h3M8 12h3M8 16h3',
  contact: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c.6-4 3.800-6 8-6s7.400 2 8 6',
  lead: 'M10 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM3 20c.5-4 3.200-6 7-6 1.500 0 2.800.300 3.900.900M15 18l2.500 2.500L22 16',
  campaign: 'M4 10v4h3l9 5V5L7 10zM19 9.500a4 4 0 0 1 0 5M8 14l1.500 6',
  pipeline: 'M4 5h16l-5 7v7l-6-3v-4z',
  tag: 'M4 4h8l8.500 8.500-8 8L4 12zM8.500 8.500v.01',
  case: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 15.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM5.600 5.600l3.900 3.900M14.500 14.500l3.900 3.900M18.400 5.600l-3.900 3.900M9.500 14.500l-3.900 3.900',
  activity: 'M4 6h16v14H4zM4 10h16M8 3v4M16 3v4',
  product: 'M12 3l8 4.500v9L12 21l-8-4.500v-9zM4 7.500l8 4.500 8-4.500M12 12v9',
  user: 'M5 4h14v17H5zM9 4V2h6v2M12 13a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM8 18c.4-2 2-3 4-3s3.600 1 4 3',
  cloud: 'M7 19h10.500a4 4 0 0 0 .5-7.950A6 6 0 0 0 6.500 10 4.500 4.500 0 0 0 7 19z',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.500 4.500',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  down: 'M6 9l6 6 6-6',
  up: 'M6 15l6-6 6 6',
  left: 'M15 6l-6 6 6 6',
  right: 'M9 6l6 6-6 6',
  first: 'M17 6l-6 6 6 6M7 6v12',
  more: 'M12 6v.01M12 12v.01M12 18v.01',
  filter: 'M4 5h16l-6 8v6l-4-2v-4z',
  board: 'M4 5h4v14H4zM10 5h4v9h-4zM16 5h4v12h-4z',
  columns: 'M4 5h16v14H4zM10 5v14M15 5v14',
  edit: 'M4 20h4L20 8l-4-4L4 16zM13.500 6.500l4 4',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  note: 'M5 4h14v11l-5 5H5zM14 20v-5h5M9 9h6M9 13h3',
  task: 'M4 4h16v16H4zM8 12l3 3 5-6',
  call: 'M6 3h4l1.500 5L9 10c1 2.500 2.500 4 5 5l2-2.500 5 1.500v4a2 2 0 0 1-2 2C11 20 4 13 4 5a2 2 0 0 1 2-2z',
  meeting:
    'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 19c.4-3 2.600-5 6-5s5.600 2 6 5M16 5.500a3 3 0 0 1 0 5.500M18 14.500c1.800.700 2.800 2.300 3 4.500',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.500 2',
  warning: 'M12 4l9 16H3zM12 10v4M12 17v.01',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8v.01',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500L19 19M19 5l-1.500 1.500M6.500 17.500L5 19',
  lock: 'M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M9 10v.01',
  reload: 'M20 12a8 8 0 1 1-2.500-5.800M20 3v5h-5',
} as const;

export type IconName = keyof typeof outlines;

export function Icon({ name, isSmall = false }: { name: IconName; isSmall?: boolean }) {
  return (
    <svg className={isSmall ? 'icon small' : 'icon'} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={outlines[name]} />
    </svg>
  );
}

export { refuseCircles } from './refuse-circles.js';

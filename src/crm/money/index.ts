export { moneyOf, scaled, weightedMoney } from './exact-money.js';

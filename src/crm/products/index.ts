export { Product } from './product.record.js';

import './product.record.js';

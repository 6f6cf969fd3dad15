export { ReceiptMaker } from './receipt-maker.js';
export { ReceiptReconciler } from './receipt.reconciler.js';

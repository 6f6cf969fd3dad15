import './contact.record.js';

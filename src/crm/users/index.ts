import './user.record.js';

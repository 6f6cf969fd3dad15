export { BoardController } from './board.controller.js';
export { BoardService } from './board.service.js';

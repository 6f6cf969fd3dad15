import './list.css';
import { useParams } from 'react-router';
import { useRecordType } from '../../api/record-types.js';
import { viewOf } from '../../features/views.js';
import { NotFound } from '../../shell/NotFound.js';
import { RecordList } from './RecordList.js';

export default function ListPage() {
  const plural = useParams()['plural'] ?? '';
  const type = useRecordType(plural);
  const view = viewOf(plural);
  if (!type || !view || type.can.read === 'none') return <NotFound />;
  return <RecordList key={plural} type={type} view={view} />;
}

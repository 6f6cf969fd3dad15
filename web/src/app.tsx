import { QueryClient } from '@tanstack/react-query';
import { CoreAdminContext, localStorageStore } from 'ra-core';
import { useEffect } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router-dom';
import { authProvider } from './api/auth-provider.js';
import { dataProvider } from './api/data-provider.js';
import { isProblem } from './api/problem.js';
import { session } from './api/session.js';
import { i18nProvider } from './i18n/i18n-provider.js';
import { preloadTypes } from './api/record-types.js';
import { Home } from './features/home/Home.js';
import { NotFound } from './shell/NotFound.js';
import { Shell } from './shell/Shell.js';
import { Boundary } from './shell/Boundary.js';
import { readyPage, type ReadyPage } from './shell/ready-page.js';

const ListPage = readyPage(() => import('./records/list/ListPage.js'));
const RecordPage = readyPage(() => import('./records/page/RecordPage.js'));
const BoardPage = readyPage(() => import('./features/deals/board/BoardPage.js'));
const PipelinesPage = readyPage(() => import('./features/pipelines/PipelinesPage.js'));
const TagsPage = readyPage(() => import('./features/tags/TagsPage.js'));
const SearchPage = readyPage(() => import('./features/search/SearchPage.js'));
const CloudPage = readyPage(() => import('./features/cloud/CloudPage.js'));

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // a refusal stays one however often it is asked; only a missing answer is worth a second try
      retry: (failures, error) =>
        failures < 2 && isProblem(error) && (error.status === 0 || error.status > 501),
    },
  },
});
// whoever signs in next must not see what the last person saw
session.subscribe(() => {
  if (session.get() === null) queryClient.clear();
});
/** the other pages' code comes once the first one has what it needs */
const quietAfterMs = 400;
const store = localStorageStore('1', 'holdfast');

function pageAt(path: string): ReadyPage | null {
  const [first, second] = path.split('/').filter(Boolean);
  if (first === undefined) return null;
  if (first === 'cloud') return CloudPage;
  if (first === 'search') return SearchPage;
  if (first === 'pipelines') return PipelinesPage;
  if (first === 'tags') return TagsPage;
  if (first === 'deals' && second === 'board') return BoardPage;
  return second === undefined ? ListPage : RecordPage;
}

const withoutWait = async (page: ReadyPage | null) => {
  try {
    await page?.load();
  } catch (error) {
    // the page asks again when it is shown, and says why it cannot be
    console.warn(error);
  }
};

/** Fetches what the first screen needs, all at once; never fails. */
export async function prepareApp(): Promise<void> {
  await Promise.all([preloadTypes(queryClient), withoutWait(pageAt(window.location.pathname))]);
}

export default function App() {
  useEffect(() => {
    const id = window.setTimeout(() => {
      void withoutWait(ListPage).then(() => withoutWait(RecordPage));
    }, quietAfterMs);
    return () => {
      window.clearTimeout(id);
    };
  }, []);
  return (
    <BrowserRouter>
      <CoreAdminContext
        dataProvider={dataProvider}
        authProvider={authProvider}
        i18nProvider={i18nProvider}
        queryClient={queryClient}
        store={store}
      >
        <Boundary>
          <Routes>
            <Route element={<Shell />}>
              <Route index element={<Home />} />
              <Route path="cloud" element={<CloudPage />} />
              <Route path="pipelines" element={<PipelinesPage />} />
              <Route path="tags" element={<TagsPage />} />
              <Route path="search" element={<SearchPage />} />
              <Route path="deals/board" element={<BoardPage />} />
              <Route path=":plural" element={<ListPage />} />
              <Route path=":plural/:id" element={<RecordPage />} />
              <Route path="*" element={<NotFound />} />
            </Route>
          </Routes>
        </Boundary>
      </CoreAdminContext>
    </BrowserRouter>
  );
}

import type { TaskDetail } from '../../../api/rest/shapes.ts';
import { rateText } from '../format.ts';
import { words } from '../text/language.ts';

const MOST_PEERS = 60;

/** Who is connected over BitTorrent, and how far each is. */
export function Peers({ task: { peers, direction } }: { task: TaskDetail }) {
  const t = words.value;
  return (
    <section>
      <h2>{direction === 'sent' ? t.receivers : t.peers}</h2>
      {peers.length === 0 && <p class="next">{t.noPeers}</p>}
      <ul class="peers">
        {peers.slice(0, MOST_PEERS).map(({ address, percent, downrate, uprate }) => (
          <li key={address}>
            <progress aria-label={address} max={100} value={percent} />
            <span class="number">{Math.floor(percent)}%</span>
            <span class="number rates">
              {downrate > 0 && `↓ ${rateText(downrate)} `}
              {uprate > 0 && `↑ ${rateText(uprate)}`}
            </span>
            <span class="wrap">{address}</span>
          </li>
        ))}
      </ul>
      {peers.length > MOST_PEERS && <p>{t.morePeers(peers.length - MOST_PEERS)}</p>}
    </section>
  );
}

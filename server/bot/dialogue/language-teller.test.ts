import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLanguageTeller, type KnownLanguages } from './language-teller.ts';

const nothingKnown: KnownLanguages = { before: null, customer: null, texts: ['en', 'zh'], otherwise: 'zh' };

function openTeller(spoken: readonly string[] = ['en', 'zh-CN', 'es', 'fr-FR', 'de', 'pt-BR', 'it', 'nl']) {
  const teller = createLanguageTeller({ spoken: async () => spoken, onError: (error) => assert.fail(String(error)) });
  return (text: string, known: Partial<KnownLanguages> = {}) => teller.tell(text, { ...nothingKnown, ...known });
}

/** What customers of a shop write: with and without accents, in whole sentences and in two words. */
const said: Readonly<Record<string, string>> = {
  es: `hola buenos días
gracias
dónde está mi pedido
donde esta mi pedido
quiero devolver unos zapatos
necesito hablar con una persona
cuánto cuesta el envío a México
no me ha llegado el paquete
mi tarjeta fue rechazada
cómo puedo cambiar mi contraseña
se puede pagar con paypal
quiero cancelar mi suscripción
el producto llegó roto
cuando me devuelven el dinero
tienen tienda en Madrid
la factura está mal
me cobraron dos veces
hacen envíos a Canarias
cuál es el horario de atención
perdí mi número de seguimiento
olvidé la clave de mi cuenta
tienen esta camisa en talla M
necesito una factura a nombre de mi empresa
puedo cambiar la dirección de entrega`,
  fr: `bonjour
merci beaucoup
où est ma commande
ou est mon colis
je veux retourner un article
je voudrais parler à un conseiller
combien coûte la livraison
je n'ai pas reçu mon remboursement
ma carte a été refusée
comment changer mon mot de passe
puis-je payer en plusieurs fois
je souhaite annuler mon abonnement
le produit est arrivé cassé
quels sont vos horaires d'ouverture
avez-vous un magasin à Lyon
la facture est fausse
j'ai été débité deux fois
livrez-vous en Belgique
mon code promo ne marche pas
j'ai oublié mon identifiant
cette robe existe-t-elle en taille 40
il me faut une facture au nom de ma société
peut-on modifier l'adresse de livraison
quand vais-je recevoir mes chaussures`,
  de: `guten Tag
vielen Dank
wo ist meine Bestellung
wann kommt mein Paket
ich möchte die Schuhe zurückgeben
ich will mit einem Menschen sprechen
was kostet der Versand nach Österreich
ich habe mein Geld noch nicht zurück
meine Karte wurde abgelehnt
wie ändere ich mein Passwort
kann ich auf Rechnung zahlen
ich möchte mein Abo kündigen
der Artikel kam kaputt an
welche Öffnungszeiten haben Sie
gibt es ein Geschäft in Hamburg
die Rechnung stimmt nicht
es wurde doppelt abgebucht
liefert ihr auch in die Schweiz
mein Gutschein funktioniert nicht
habe meine Zugangsdaten vergessen
gibt es das Hemd in Größe L
Rechnung bitte auf meine Firma ausstellen
kann man die Lieferadresse ändern
Rücksendung`,
  pt: `olá bom dia
muito obrigado
onde está o meu pedido
cadê minha encomenda
quero devolver um produto
preciso falar com um atendente
quanto custa o frete para São Paulo
não recebi o reembolso
meu cartão foi recusado
como altero minha senha
posso pagar com boleto
quero cancelar minha assinatura
o produto chegou quebrado
qual é o horário de atendimento
vocês têm loja em Lisboa
a fatura está errada
fui cobrado duas vezes
vocês entregam nos Açores
meu cupom não funciona
esqueci meu login
tem essa camisa no tamanho G
preciso da nota fiscal em nome da empresa
dá para mudar o endereço de entrega
quando chega minha compra`,
  it: `buongiorno
grazie mille
dov'è il mio ordine
quando arriva il mio pacco
voglio restituire le scarpe
vorrei parlare con un operatore
quanto costa la spedizione in Svizzera
non ho ricevuto il rimborso
la mia carta è stata rifiutata
come cambio la password
posso pagare alla consegna
voglio disdire il mio abbonamento
il prodotto è arrivato rotto
quali sono gli orari di apertura
avete un negozio a Milano
la fattura è sbagliata
mi avete addebitato due volte
spedite anche in Sardegna
il codice sconto non funziona
ho dimenticato le mie credenziali
c'è questa camicia nella taglia L
mi serve la fattura intestata alla ditta
si può modificare l'indirizzo di consegna
non riesco ad accedere al mio conto`,
  nl: `goedemorgen
hartelijk dank
waar is mijn bestelling
wanneer komt mijn pakket
ik wil deze schoenen terugsturen
ik wil graag iemand spreken
wat kost verzending naar België
ik heb mijn geld nog niet terug
mijn kaart is geweigerd
hoe wijzig ik mijn wachtwoord
kan ik achteraf betalen
ik wil mijn abonnement opzeggen
het product is kapot aangekomen
wat zijn jullie openingstijden
hebben jullie een winkel in Utrecht
de factuur klopt niet
er is twee keer afgeschreven
leveren jullie ook op zaterdag
mijn kortingscode werkt niet
ik ben mijn gebruikersnaam vergeten
is dit overhemd er ook in maat L
graag een factuur op naam van mijn bedrijf
kan het bezorgadres nog gewijzigd worden
wanneer krijg ik mijn spullen`,
};

test('what customers write in six languages is told from English and from one another', async () => {
  const tell = openTeller();
  const wrong: string[] = [];
  let asked = 0;
  for (const [language, lines] of Object.entries(said)) {
    for (const line of lines.split('\n')) {
      asked += 1;
      const told = await tell(line);
      if (told !== language) wrong.push(`${line}: ${told} for ${language}`);
    }
  }
  assert.ok(wrong.length <= asked * 0.05, `${wrong.length} of ${asked}: ${wrong.join('; ')}`);
});

/** Short, without small words, or with words that other languages have as well. */
const english = `refund
order status
cancel my subscription
change delivery address
no
yes please
reset password
talk to a human
track parcel
return label
invoice for my company
pay by credit card
where is my parcel
card declined
wrong size delivered
damaged item
promo code invalid
discount not applied
opening hours
ship to Spain
deliver to Paris
a gift for my mother
account locked
two charges on my card
is this in stock
restaurant menu
total price including tax
international transfer fee
contact support agent
my travel insurance
plan a visit to Milan
de facto standard
order a la carte
vacation request
idle mode
final notice received
general question
premium account
error on the page
does it come in large`;

test('short English is taken for English, whatever else is spoken', async () => {
  const tell = openTeller();
  const texts = english.split('\n');
  const wrong: string[] = [];
  for (const text of texts) if ((await tell(text)) !== 'en') wrong.push(text);
  assert.ok(wrong.length <= 1, `${wrong.length} of ${texts.length}: ${wrong.join('; ')}`);
});

test('where nothing is answered in another language in Latin letters, they are English, and nothing is loaded', async () => {
  const teller = createLanguageTeller({
    spoken: async () => ['en', 'zh-CN', 'ru'],
    load: () => assert.fail('It was loaded.'),
    onError: (error) => assert.fail(String(error)),
  });
  for (const text of ['where is my order', 'quiero devolver unos zapatos', 'my iPhone 15 is broken'])
    assert.equal(await teller.tell(text, nothingKnown), 'en', text);
});

test('a language that nobody here answers in is taken for English, not for the nearest one that is spoken', async () => {
  const tell = openTeller(['en', 'es']);
  for (const text of ['gdzie jest moja paczka proszę', 'waar is mijn bestelling nu', 'siparişim nerede acaba'])
    assert.equal(await tell(text), 'en', text);
  assert.equal(await tell('dónde está mi pedido'), 'es');
});

test('the scripts that tell a language do so, whatever stands in between', async () => {
  const tell = openTeller();
  const texts = {
    我的订单ABC123在哪: 'zh',
    '我想退掉这件 Adidas Samba': 'zh',
    ありがとう: 'ja',
    감사합니다: 'ko',
    'где мой заказ': 'ru',
    'أين طلبي': 'ar',
    'πού είναι η παραγγελία μου': 'el',
    คำสั่งซื้อของฉันอยู่ที่ไหน: 'th',
  };
  for (const [text, language] of Object.entries(texts)) assert.equal(await tell(text), language, text);
});

test('a text that tells nothing is in the language spoken until now, else in the one that the channel names', async () => {
  const tell = openTeller();
  for (const text of ['ok', 'iPhone 15 Pro', 'SF1234567', '12345 😀', 'Adidas Samba', '']) {
    assert.equal(await tell(text, { before: 'es', customer: 'zh-CN' }), 'es', text);
    assert.equal(await tell(text, { customer: 'zh-CN' }), 'zh-CN', text);
  }
  assert.equal(await tell('ok'), 'en');
  assert.equal(await tell('ok', { otherwise: 'fr' }), 'fr');
  assert.equal(await tell('gdzie jest moja paczka proszę', { otherwise: 'fr' }), 'fr', 'nobody answers in it');
  assert.equal(await tell('12345'), null);
  assert.equal(await tell('Anna Kowalska Poznań Grunwaldzka', { before: 'zh' }), 'en', 'these letters are no Chinese');
});

test('one word that greets or thanks tells its language, and the customer’s own variety of it', async () => {
  const tell = openTeller();
  const texts = { hola: 'es', merci: 'fr', Danke: 'de', obrigada: 'pt', grazie: 'it', hello: 'en', Rücksendung: 'de' };
  for (const [text, language] of Object.entries(texts))
    assert.equal(await tell(text, { customer: 'zh' }), language, text);
  assert.equal(await tell('preciso falar com um atendente', { customer: 'pt-BR' }), 'pt-BR');
  assert.equal(await tell('hola', { before: 'en' }), 'en', 'one word is no change of language');
  assert.equal(await tell('quiero hablar con una persona', { before: 'en' }), 'es');
});

test('what cannot be loaded is reported once, and small words tell what they can', async () => {
  const reported: unknown[] = [];
  const teller = createLanguageTeller({
    spoken: async () => ['es'],
    load: () => Promise.reject(new Error('no such file')),
    onError: (error) => reported.push(error),
  });
  for (const [text, language] of [
    ['hola dónde está mi pedido', 'es'],
    ['where is my order please', 'en'],
  ] as const)
    assert.equal(await teller.tell(text, nothingKnown), language);
  assert.equal(reported.length, 1);
});

//! Surveys over HTTP: the answers one by one, and what they come to.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use kernel::{CallId, FlowId, MemberId, QueueId, Uuid, Wall};
use patchbay_access::{Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::TenantTx;
use sea_orm::{ColumnTrait, Condition, FromQueryResult, Order};
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::{IntoParams, ToSchema};

use super::row::survey_answer::{Column, Entity, Model};
use crate::{
    kit::{
        app::App,
        body::Ask,
        cursor::{self, Page},
        may::May,
        problem::Problem,
    },
    seats::view::names_among,
};

/// Questions, people and queues that a summary tells of; more are left out, the least answered first.
const MOST: usize = 200;

/// An answer of a caller.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GivenAnswer {
    /// `call_..`
    pub call: String,
    /// `flow_..` that asked.
    pub flow: Option<String>,
    /// Its name then.
    pub flow_name: String,
    /// The question's name.
    pub question: String,
    /// The key that was pressed, 0 to 9.
    pub score: i32,
    /// `que_..`: where the caller had waited before.
    pub queue: Option<String>,
    /// Its name then.
    pub queue_name: Option<String>,
    /// `mem_..`: with whom the caller had talked before.
    pub member: Option<String>,
    /// Who that is.
    pub member_name: Option<String>,
    /// When the call ended.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// What callers answered to one question.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuestionSummary {
    /// Its name.
    pub question: String,
    /// How many answered it.
    pub answers: u64,
    /// Mean of the keys.
    pub average: f64,
    /// How often each key was pressed, from 0 to 9.
    pub distribution: Vec<u64>,
}

/// What callers answered after talking with one agent, or after waiting in one queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SurveyPart {
    /// `mem_..` or `que_..`
    pub id: String,
    /// Who or which.
    pub name: String,
    /// The question's name.
    pub question: String,
    /// How many answered.
    pub answers: u64,
    /// Mean of the keys.
    pub average: f64,
}

/// What answers come to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SurveySummary {
    /// By question, the most answered first.
    pub questions: Vec<QuestionSummary>,
    /// By agent and question.
    pub agents: Vec<SurveyPart>,
    /// By queue and question.
    pub queues: Vec<SurveyPart>,
}

/// Which answers.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// RFC 3339: of calls that ended then or later.
    from: Option<String>,
    /// RFC 3339: of calls that ended before.
    to: Option<String>,
    /// To this question.
    question: Option<String>,
    /// `que_..`: of callers who had waited there.
    queue: Option<String>,
    /// `mem_..`: of callers who had talked with this agent.
    member: Option<String>,
    /// `call_..`
    call: Option<String>,
    /// At most so many, 250 at most; of a list.
    limit: Option<i64>,
    /// Where the last page ended; of a list.
    cursor: Option<String>,
}

impl Wanted {
    fn filter(&self) -> Result<Condition, Problem> {
        let mut all = Condition::all();
        if let Some(text) = &self.from {
            all = all.add(Column::AtMs.gte(moment(text, "from")?));
        }
        if let Some(text) = &self.to {
            all = all.add(Column::AtMs.lt(moment(text, "to")?));
        }
        if let Some(question) = &self.question {
            all = all.add(Column::Question.eq(question.as_str()));
        }
        if let Some(text) = &self.queue {
            let id: QueueId = text.parse().map_err(|_| Problem::not_found())?;
            all = all.add(Column::QueueId.eq(id.uuid()));
        }
        if let Some(text) = &self.member {
            let id: MemberId = text.parse().map_err(|_| Problem::not_found())?;
            all = all.add(Column::MemberId.eq(id.uuid()));
        }
        if let Some(text) = &self.call {
            let id: CallId = text.parse().map_err(|_| Problem::not_found())?;
            all = all.add(Column::CallId.eq(id.uuid()));
        }
        Ok(all)
    }
}

fn moment(text: &str, field: &str) -> Result<i64, Problem> {
    let at = OffsetDateTime::parse(text, &Rfc3339);
    let bad = |_| Problem::field(field, "format", "A time such as 2026-01-31T08:00:00Z.");
    Ok(Wall::from_offset(at.map_err(bad)?).unix_ms())
}

/// Answers of callers, newest first, as far as the data scope reaches.
#[utoipa::path(get, path = "/v1/survey-answers", operation_id = "survey_answer_list", tag = "surveys", params(Wanted),
    security(("user" = ["surveys:read"])), responses((status = 200, body = Page<GivenAnswer>)))]
pub async fn survey_answer_list(
    may: May<Read<of::Survey>>,
    Ask(want): Ask<Wanted>,
) -> Result<Json<Page<GivenAnswer>>, Problem> {
    let limit = cursor::limit(want.limit);
    let mut filter = want.filter()?;
    if let Some(text) = &want.cursor {
        let last: Uuid = cursor::read(text)?.parse().map_err(|_| Problem::not_found())?;
        filter = filter.add(Column::Id.lt(last));
    }
    let tx = may.read().await?;
    let rows = tx.seen::<Entity>().filter(filter).order_by(Column::Id, Order::Desc).limit(limit + 1).all().await?;
    let page = Page::cut(rows, limit, |row| row.id.to_string());
    let people = people(&may.app, &tx, page.items.iter().filter_map(|row| row.member_id)).await?;
    let items = page.items.iter().map(|row| shown(row, &people)).collect();
    Ok(Json(Page { items, next_cursor: page.next_cursor }))
}

/// What answers come to: by question, by agent and by queue, as far as the data scope reaches.
#[utoipa::path(get, path = "/v1/survey-summary", operation_id = "survey_summary", tag = "surveys", params(Wanted),
    security(("user" = ["surveys:read"])), responses((status = 200, body = SurveySummary)))]
pub async fn survey_summary(
    may: May<Read<of::Survey>>,
    Ask(want): Ask<Wanted>,
) -> Result<Json<SurveySummary>, Problem> {
    let filter = want.filter()?;
    let tx = may.read().await?;
    let tallies = tx.seen::<Entity>().filter(filter);
    let by = [Column::Question, Column::Score, Column::MemberId, Column::QueueId, Column::QueueName];
    let tallies: Vec<Tally> = tallies.grouped(&by).await?;
    let people = people(&may.app, &tx, tallies.iter().filter_map(|one| one.member_id)).await?;
    Ok(Json(summed(&tallies, &people)))
}

/// How often one key was the answer to one question after one agent and one queue.
#[derive(Clone, Debug, FromQueryResult)]
struct Tally {
    question: String,
    score: i32,
    member_id: Option<Uuid>,
    queue_id: Option<Uuid>,
    queue_name: Option<String>,
    rows: i64,
}

#[derive(Clone, Debug, Default)]
struct Sum {
    answers: u64,
    points: u64,
    keys: [u64; 10],
}

impl Sum {
    fn add(&mut self, one: &Tally) {
        let (rows, score) = (u64::try_from(one.rows).unwrap_or(0), u64::try_from(one.score).unwrap_or(0).min(9));
        self.answers += rows;
        self.points += rows * score;
        self.keys[usize::try_from(score).unwrap_or(0)] += rows;
    }
    fn average(&self) -> f64 {
        if self.answers == 0 { 0.0 } else { self.points as f64 / self.answers as f64 }
    }
}

fn summed(tallies: &[Tally], people: &BTreeMap<Uuid, String>) -> SurveySummary {
    let mut questions: BTreeMap<&str, Sum> = BTreeMap::new();
    let mut agents: BTreeMap<(Uuid, &str), Sum> = BTreeMap::new();
    let mut queues: BTreeMap<(Uuid, &str), (Sum, &str)> = BTreeMap::new();
    for one in tallies {
        questions.entry(&one.question).or_default().add(one);
        if let Some(member) = one.member_id {
            agents.entry((member, &one.question)).or_default().add(one);
        }
        if let Some(queue) = one.queue_id {
            let entry = queues.entry((queue, &one.question)).or_default();
            entry.0.add(one);
            entry.1 = one.queue_name.as_deref().unwrap_or_default();
        }
    }
    let question = |(question, sum): (&str, Sum)| QuestionSummary {
        question: question.to_owned(),
        answers: sum.answers,
        average: sum.average(),
        distribution: sum.keys.to_vec(),
    };
    let part = |id: String, name: String, question: &str, sum: &Sum| SurveyPart {
        id,
        name,
        question: question.to_owned(),
        answers: sum.answers,
        average: sum.average(),
    };
    let mut questions: Vec<QuestionSummary> = questions.into_iter().map(question).collect();
    let agents = agents.iter().map(|((id, question), sum)| {
        let name = people.get(id).cloned().unwrap_or_default();
        part(MemberId::from_uuid(*id).to_string(), name, question, sum)
    });
    let queues = queues.iter().map(|((id, question), (sum, name))| {
        part(QueueId::from_uuid(*id).to_string(), (*name).to_owned(), question, sum)
    });
    let most = |mut parts: Vec<SurveyPart>| {
        parts.sort_by(|a, b| b.answers.cmp(&a.answers).then_with(|| a.name.cmp(&b.name)));
        parts.truncate(MOST);
        parts
    };
    questions.sort_by_key(|one| std::cmp::Reverse(one.answers));
    questions.truncate(MOST);
    SurveySummary { questions, agents: most(agents.collect()), queues: most(queues.collect()) }
}

async fn people(
    app: &App,
    tx: &TenantTx,
    members: impl Iterator<Item = Uuid>,
) -> Result<BTreeMap<Uuid, String>, Problem> {
    let members: BTreeSet<Uuid> = members.collect();
    names_among(app, tx, members.into_iter().collect()).await
}

fn shown(row: &Model, people: &BTreeMap<Uuid, String>) -> GivenAnswer {
    GivenAnswer {
        call: CallId::from_uuid(row.call_id).to_string(),
        flow: row.flow_id.map(|id| FlowId::from_uuid(id).to_string()),
        flow_name: row.flow_name.clone(),
        question: row.question.clone(),
        score: row.score,
        queue: row.queue_id.map(|id| QueueId::from_uuid(id).to_string()),
        queue_name: row.queue_name.clone(),
        member: row.member_id.map(|id| MemberId::from_uuid(id).to_string()),
        member_name: row.member_id.and_then(|id| people.get(&id).cloned()),
        at: Wall::from_unix_ms(row.at_ms).to_offset(),
    }
}

crate::resource!(survey_answer_list, survey_summary);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_are_of_answers_and_not_of_averages() {
        let (ann, sales) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let tally = |question: &str, score, member_id, rows| Tally {
            question: question.into(),
            score,
            member_id,
            queue_id: Some(sales),
            queue_name: Some("Sales".into()),
            rows,
        };
        let all = [tally("kind", 5, Some(ann), 3), tally("kind", 1, None, 1), tally("again", 0, Some(ann), 2)];
        let summary = summed(&all, &BTreeMap::from([(ann, "Ann".to_owned())]));
        let kind = &summary.questions[0];
        assert_eq!((kind.question.as_str(), kind.answers, kind.average), ("kind", 4, 4.0));
        assert_eq!(kind.distribution, [0, 1, 0, 0, 0, 3, 0, 0, 0, 0]);
        assert_eq!((summary.questions[1].average, summary.questions[1].answers), (0.0, 2));
        let of = |parts: &[SurveyPart], question: &str| {
            parts.iter().find(|one| one.question == question).map(|one| (one.name.clone(), one.average, one.answers))
        };
        assert_eq!(of(&summary.agents, "kind"), Some(("Ann".into(), 5.0, 3)));
        assert_eq!(of(&summary.queues, "kind"), Some(("Sales".into(), 4.0, 4)));
    }
}

//! What a registry answers, and how ECR answers otherwise.

use lambda_img::digest::Digest;

use super::{Answer, Asked, Quirk, State};

fn error(status: u16, code: &str, message: &str) -> Answer {
    let body = serde_json::json!({"errors": [{"code": code, "message": message}]}).to_string();
    Answer(status, vec![("content-type".into(), "application/json".into())], body.into())
}

impl State {
    /// A PATCH that ended badly leaves a session that takes no other.
    pub(super) fn break_session(&mut self, asked: &Asked) {
        let id = asked.path.rsplit('/').next().and_then(|id| id.parse().ok());
        if let Some((bytes, broken)) = id.and_then(|id: usize| self.uploads.get_mut(&id)) {
            bytes.extend_from_slice(&asked.body[..asked.body.len() / 2]);
            *broken = true;
        }
    }

    fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    fn once(&mut self, quirk: Quirk) -> bool {
        self.has(quirk) && self.spent.insert(quirk)
    }

    pub(super) fn line(&self, asked: &Asked) -> String {
        let mut line = format!("{} {}", asked.method, asked.path);
        if !asked.query.is_empty() {
            line.push_str(&format!("?{}", asked.query));
        }
        for (digest, name) in &self.names {
            line = line.replace(digest, name);
        }
        let mut note = |header: &str, shown: &dyn Fn(&str) -> String| {
            if let Some(value) = asked.headers.get(header) {
                line.push_str(&format!(" {}", shown(value)));
            }
        };
        note("range", &str::to_owned);
        note("content-range", &str::to_owned);
        note("authorization", &|value| format!("+{}", value.split(' ').next().unwrap()));
        if !asked.body.is_empty() {
            line.push_str(&format!(" [{}]", asked.body.len()));
        }
        line
    }

    pub(super) fn answer(&mut self, asked: &Asked) -> Answer {
        if let Some((wanted, challenge)) = &self.auth
            && !asked.headers.get("authorization").is_some_and(|shown| shown.starts_with(wanted))
        {
            let Answer(status, mut headers, body) = error(401, "UNAUTHORIZED", "authentication required");
            headers.push(("www-authenticate".into(), challenge.clone()));
            return Answer(status, headers, body);
        }
        let path = asked.path.clone();
        let Some(rest) = path.strip_prefix("/v2/") else {
            let found = path.strip_prefix("/storage/").and_then(|digest| {
                self.blobs.iter().find(|((_, name), _)| name == digest).map(|(_, bytes)| bytes.clone())
            });
            return found.map_or_else(|| error(404, "NOPE", ""), |bytes| self.bytes(asked, bytes));
        };
        if rest.is_empty() {
            return Answer(200, vec![], b"{}".to_vec());
        }
        if self.once(Quirk::ThrottlesOnce) {
            let Answer(status, mut headers, body) = error(429, "TOOMANYREQUESTS", "Rate exceeded");
            headers.push(("retry-after".into(), "0".into()));
            return Answer(status, headers, body);
        }
        if let Some(repository) = rest.strip_suffix("/tags/list") {
            return self.tags(asked, repository);
        }
        if let Some((repository, name)) = rest.split_once("/manifests/") {
            return self.manifest(asked, repository, name);
        }
        if let Some((repository, digest)) = rest.split_once("/referrers/") {
            return self.referrers(asked, repository, digest);
        }
        if let Some((repository, id)) = rest.split_once("/blobs/uploads/") {
            return self.upload(asked, repository, id);
        }
        let Some((repository, digest)) = rest.split_once("/blobs/") else { return error(404, "NOPE", "") };
        let Some(bytes) = self.blobs.get(&(repository.into(), digest.into())).cloned() else {
            return error(404, "BLOB_UNKNOWN", "blob unknown to registry");
        };
        match &self.storage {
            Some(storage) if self.has(Quirk::BlobsRedirectToStorage) && asked.method == "GET" => Answer(
                307,
                vec![("location".into(), format!("{storage}/storage/{digest}?X-Amz-Signature=s3cr3t"))],
                vec![],
            ),
            _ => self.bytes(asked, bytes),
        }
    }

    /// A page of tags, and in `Link` where the next one is.
    fn tags(&mut self, asked: &Asked, repository: &str) -> Answer {
        if self.has(Quirk::TagsListIsCappedAt1000) && !asked.query.contains("n=1000") {
            return error(400, "UNSUPPORTED", "n");
        }
        let of = |key: &(String, String)| key.0 == repository && !key.1.starts_with("sha256:");
        let tags: Vec<_> = self.manifests.keys().filter(|key| of(key)).map(|key| key.1.clone()).collect();
        if tags.is_empty() {
            return error(404, "NAME_UNKNOWN", "repository name not known to registry");
        }
        let parameter = |name: &str| asked.query.split('&').find_map(|one| one.strip_prefix(name));
        let count = parameter("n=").map_or(usize::MAX, |count| count.parse().unwrap());
        let count = self.tags_of_a_page.unwrap_or(count).min(count);
        let last = parameter("last=").unwrap_or_default();
        let rest: Vec<_> = tags.iter().filter(|tag| tag.as_str() > last).collect();
        let page = &rest[..rest.len().min(count)];
        let body = serde_json::json!({"name": repository, "tags": page}).to_string();
        let next = (rest.len() > page.len()).then(|| {
            let next =
                format!("</v2/{repository}/tags/list?n={count}&last={}>; rel=\"next\"", page[count - 1]);
            ("link".to_owned(), next)
        });
        Answer(200, next.into_iter().collect(), body.into())
    }

    fn bytes(&self, asked: &Asked, bytes: Vec<u8>) -> Answer {
        let range = asked
            .headers
            .get("range")
            .and_then(|range| range.strip_prefix("bytes=")?.split_once('-'))
            .and_then(|(start, end)| Some((start.parse().ok()?, end.parse().unwrap_or(bytes.len() - 1))));
        match range {
            Some((start, end)) => {
                let (start, end): (usize, usize) = (start, end);
                let range = format!("bytes {start}-{end}/{}", bytes.len());
                Answer(206, vec![("content-range".into(), range)], bytes[start..=end].to_vec())
            }
            None => Answer(200, vec![("content-length".into(), bytes.len().to_string())], bytes),
        }
    }

    fn missing(&mut self, repository: &str) -> Option<Answer> {
        if self.has(Quirk::CreateOnPush) {
            self.repositories.insert(repository.to_owned());
        }
        let text = format!(
            "The repository with name '{repository}' does not exist in the registry with id '123456789012'"
        );
        (self.has(Quirk::RepositoryMustExist) && !self.repositories.contains(repository))
            .then(|| error(404, "NAME_UNKNOWN", &text))
    }

    fn manifest(&mut self, asked: &Asked, repository: &str, name: &str) -> Answer {
        let key = (repository.to_owned(), name.to_owned());
        let digest_header =
            |bytes: &[u8]| ("docker-content-digest".to_owned(), Digest::of(bytes).to_string());
        if asked.method == "PUT" {
            if self.once(Quirk::ManifestPutAnswers401Once) {
                let Answer(status, mut headers, body) =
                    error(401, "UNAUTHORIZED", "Your authorization token has expired");
                headers
                    .extend(self.auth.as_ref().map(|(_, ask)| ("www-authenticate".to_owned(), ask.clone())));
                return Answer(status, headers, body);
            }
            let taken = self.manifests.get(&key).is_some_and(|(_, bytes)| *bytes != asked.body);
            let immutable = match () {
                () if self.has(Quirk::TagsAreImmutable) => Some("repository"),
                () if self.has(Quirk::SomeTagsAreImmutable) => Some("tag"),
                () => None,
            };
            if let Some(what) = immutable.filter(|_| taken) {
                let text = format!(
                    "The image tag '{name}' already exists in the '{repository}' repository and cannot be overwritten because the {what} is immutable."
                );
                return error(400, "TAG_INVALID", &text);
            }
            let subject = || {
                serde_json::from_slice(&asked.body)
                    .is_ok_and(|json: serde_json::Value| json["subject"].is_object())
            };
            if self.has(Quirk::ManifestsWithSubjectAre405) && subject() {
                return error(405, "UNSUPPORTED", "The operation is unsupported.");
            }
            let kind = asked.headers["content-type"].clone();
            let digest = Digest::of(&asked.body).to_string();
            for name in [name.to_owned(), digest] {
                self.manifests.insert((repository.into(), name), (kind.clone(), asked.body.clone()));
            }
            let mut headers = vec![digest_header(&asked.body)];
            if !self.has(Quirk::ManifestPutHasNoLocation) {
                headers.push(("location".into(), asked.path.clone()));
            }
            return Answer(201, headers, vec![]);
        }
        if asked.method == "DELETE" {
            let Some((_, gone)) = self.manifests.get(&key).cloned() else {
                return error(404, "MANIFEST_UNKNOWN", "manifest unknown");
            };
            self.manifests.retain(|(there, _), (_, bytes)| there != repository || *bytes != gone);
            return Answer(202, vec![], vec![]);
        }
        let Some((kind, mut bytes)) = self.manifests.get(&key).cloned() else {
            return error(404, "MANIFEST_UNKNOWN", "Requested image not found");
        };
        let accepts = asked.headers.get("accept").cloned().unwrap_or_default();
        if self.has(Quirk::ConvertsForClientsOfDockerAlone) && !accepts.contains(&kind) {
            bytes.push(b' ');
        }
        let mut headers = vec![("content-type".to_owned(), kind)];
        if !self.has(Quirk::HasNoDigestHeader) {
            headers.push(digest_header(&bytes));
        }
        Answer(200, headers, bytes)
    }

    /// The manifests whose subject is this one, two at a time.
    fn referrers(&self, asked: &Asked, repository: &str, digest: &str) -> Answer {
        if !self.has(Quirk::HasReferrers) {
            return error(404, "NOPE", "");
        }
        let mut entries = Vec::new();
        for ((at, name), (kind, bytes)) in &self.manifests {
            let json: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
            if at == repository && name.starts_with("sha256:") && json["subject"]["digest"] == digest {
                entries.push(serde_json::json!({ "mediaType": kind, "digest": name, "size": bytes.len(),
                    "artifactType": json["artifactType"], "annotations": json["annotations"] }));
            }
        }
        let from: usize = asked.query.strip_prefix("from=").map_or(0, |from| from.parse().unwrap());
        let page: Vec<_> = entries.iter().skip(from).take(2).collect();
        let kind = "application/vnd.oci.image.index.v1+json";
        let body = serde_json::json!({ "schemaVersion": 2, "mediaType": kind, "manifests": page });
        let mut headers = vec![("content-type".to_owned(), kind.to_owned())];
        if from + 2 < entries.len() {
            headers.push(("link".to_owned(), format!("<{}?from={}>; rel=\"next\"", asked.path, from + 2)));
        }
        Answer(200, headers, body.to_string().into())
    }

    fn upload(&mut self, asked: &Asked, repository: &str, id: &str) -> Answer {
        if let Some(missing) = self.missing(repository) {
            return missing;
        }
        let parameter = |name: &str| {
            asked.query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).map(str::to_owned)
        };
        if asked.method == "POST" {
            if let (Some(digest), Some(from)) = (parameter("mount"), parameter("from"))
                && let Some(bytes) = self.blobs.get(&(from, digest.clone())).cloned()
                && !self.has(Quirk::MountNeedsTheAccountSetting)
            {
                self.blobs.insert((repository.into(), digest), bytes);
                return Answer(201, vec![], vec![]);
            }
            self.next += 1;
            self.uploads.insert(self.next, Default::default());
            return Answer(202, vec![self.location(asked, repository, self.next)], vec![]);
        }
        let Some((id, (mut bytes, broken))) =
            id.parse().ok().and_then(|id: usize| self.uploads.remove_entry(&id))
        else {
            return error(404, "BLOB_UPLOAD_UNKNOWN", "upload unknown");
        };
        if asked.method == "DELETE" {
            return Answer(204, vec![], vec![]);
        }
        if asked.method == "PATCH" {
            let text = format!("First byte of the layer part is 0 instead of {}", bytes.len());
            if broken && self.has(Quirk::PatchOfBrokenSessionIs416) {
                return error(416, "BLOB_UPLOAD_INVALID", &text);
            }
            let part = asked.headers.contains_key("content-range");
            if self.has(Quirk::PatchIsNotSupported) {
                return error(405, "UNSUPPORTED", "The operation is unsupported.");
            }
            if self.has(Quirk::WholeBlobsAreRefused) && !part {
                return error(413, "SIZE_INVALID", "too large");
            }
            // A part after a short one shows that the short one was not the last.
            if part
                && self.has(Quirk::PartsUnder5MiBAreTooSmall)
                && !bytes.is_empty()
                && bytes.len() % (5 << 20) != 0
            {
                return error(
                    400,
                    "BLOB_UPLOAD_INVALID",
                    "Layer part is smaller than the minimum allowed size",
                );
            }
            let first = if bytes.is_empty() { asked.body.len() } else { 1 };
            bytes.extend_from_slice(&asked.body);
            let end = if self.has(Quirk::RangeIsStuckAtFirstChunk) { first } else { bytes.len() };
            self.uploads.insert(id, (bytes, false));
            let status = if self.has(Quirk::PatchAnswers201) { 201 } else { 202 };
            let headers =
                vec![self.location(asked, repository, id), ("range".into(), format!("0-{}", end - 1))];
            return Answer(status, headers, vec![]);
        }
        if asked.body.is_empty() && self.once(Quirk::EmptyPutAnswers500Once) {
            return error(500, "UNKNOWN", "internal error");
        }
        bytes.extend_from_slice(&asked.body);
        let digest = parameter("digest").unwrap_or_default();
        if Digest::of(&bytes).to_string() != digest {
            return error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
        }
        self.blobs.insert((repository.into(), digest.clone()), bytes);
        Answer(201, vec![("docker-content-digest".into(), digest)], vec![])
    }

    fn location(&self, asked: &Asked, repository: &str, id: usize) -> (String, String) {
        let path = format!("/v2/{repository}/blobs/uploads/{id}");
        match self.has(Quirk::UploadLocationIsRelative) {
            true => ("location".into(), path),
            false => ("location".into(), format!("http://{}{path}", asked.headers["host"])),
        }
    }
}
